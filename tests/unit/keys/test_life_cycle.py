"""The life of keys under two replicas, crashes, lost races, emergencies and wrong master keys.

Each invariant K of the promises is checked in every state that Hypothesis reaches.
"""

import json
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from safeconduct.base64url import decode
from safeconduct.errors import WrongKeyPurpose
from safeconduct.jwks import KeySet

from keys import (
    LEGAL,
    MAX_PUBLISHED,
    KeyRing,
    KeyState,
    MasterKey,
    MasterKeys,
    Purpose,
    RotationPolicy,
    RotationRefused,
    SealBroken,
    VerifyOnly,
    compromise,
    jwks,
    open_private,
    open_signer,
    plan,
    public_pem,
    rewrap,
    rotate,
)
from keys.thumbprint import thumbprint
from tests.unit.keys.world import Replica, World

DAY = 86_400
JWKS_AGE = 300 + 30  # the oldest JWKS that a verifier of ours uses
MEMBERS = {"kty", "crv", "x", "y", "n", "e", "kid", "use", "alg", "purpose"}
TIMES = ("created_at", "published_at", "activated_at", "retired_at", "private_destroyed_at", "removed_at")
FOREIGN = MasterKeys(MasterKey(b"foreign-foreign-foreign-foreign-"))

replicas = st.integers(0, 1)
any_index = st.integers(0, 99)
spans = st.sampled_from([1, 30, 120, 330, 930, 3_600, DAY, 2 * DAY, 3 * DAY])
waits = st.sampled_from([0, DAY - 60, DAY - 1, DAY])
lifetimes = st.sampled_from([60, DAY, 365 * DAY, 70 * 365 * DAY])


def reachable(state: KeyState) -> set[KeyState]:
    """The states that a key may have one version later."""
    return {state} | {later for step in LEGAL[state] for later in reachable(step)}


class KeyLife(RuleBasedStateMachine):
    @initialize(algorithm=st.sampled_from(["ES256", "EdDSA"]))
    def bootstrap(self, algorithm):
        self.policy = RotationPolicy(algorithm=algorithm, rotation_period=3 * DAY)
        self.newest, self.older = MasterKey(bytes(32)), []
        self.replicas = [Replica(MasterKeys(self.newest)) for _ in range(2)]
        self.world = World()
        self.decide(0, self.plan(0), stored=True)

    # What happens ---------------------------------------------------------------------------------------

    @rule(who=replicas, seconds=spans, stored=st.booleans())
    def time_passes_and_the_scheduler_comes_by(self, who, seconds, stored):
        self.world.now += seconds
        self.decide(who, self.plan(who), stored=stored)

    @rule(who=replicas, purpose=st.sampled_from(Purpose), seconds=waits, stored=st.booleans())
    def an_operator_rotates(self, who, purpose, seconds, stored):
        self.world.now += seconds
        self.decide(who, self.rotate(who, purpose), stored=stored)

    @rule(purpose=st.sampled_from(Purpose))
    def two_operators_rotate_at_once(self, purpose):
        planned = [self.world.think(self.replicas[who], self.rotate(who, purpose)) for who in (0, 1)]
        done = [self.world.carry_out(replica) for replica in self.replicas if replica.pending]

        assert sum(done) == (1 if any(planned) else 0)

    @rule(who=replicas, purpose=st.sampled_from(Purpose), seconds=st.integers(1, 60))
    def something_is_signed_while_a_rotation_makes_its_keys(self, who, purpose, seconds):
        self.world.now += DAY
        if self.world.think(self.replicas[who], self.rotate(who, purpose)):
            self.world.now += seconds
            self.issue(1 - who, purpose)
            self.world.now += seconds
            assert self.world.carry_out(self.replicas[who])

    @rule(who=replicas, which=st.lists(any_index, min_size=1, max_size=2), stored=st.booleans())
    def keys_are_compromised(self, who, which, stored):
        born = self.world.born
        there = [kid for kid in born if self.world.ring.by_kid(kid).state is not KeyState.REMOVED]
        kids = {there[index % len(there)] for index in which}
        self.decide(who, self.compromise(who, kids), stored=stored)

    @rule(who=replicas)
    def what_was_planned_is_committed(self, who):
        if self.replicas[who].pending:
            self.world.carry_out(self.replicas[who])

    @rule(who=replicas)
    def a_replica_crashes_between_plan_and_commit(self, who):
        self.replicas[who].pending = None

    @rule(who=replicas, lifetime=lifetimes, seconds=st.integers(0, 60))
    def a_token_is_issued(self, who, lifetime, seconds):
        self.world.now += seconds
        self.issue(who, Purpose.ACCESS_TOKEN, lifetime)

    @rule(who=replicas, seconds=st.integers(0, 60))
    def a_status_list_is_signed(self, who, seconds):
        self.world.now += seconds
        self.issue(who, Purpose.STATUS_LIST, self.policy.status_list_exp)

    @precondition(lambda self: self.world.tokens)
    @rule(which=any_index)
    def a_token_is_revoked(self, which):
        self.world.tokens[which % len(self.world.tokens)].revoked = True

    @rule()
    def another_algorithm_is_chosen(self):
        other = "EdDSA" if self.policy.algorithm == "ES256" else "ES256"
        self.policy = replace(self.policy, algorithm=other)

    @precondition(lambda self: all(replica.masters == MasterKeys(self.newest) for replica in self.replicas))
    @rule()
    def a_new_master_key_is_made(self):
        self.older.append(self.newest)
        self.newest = MasterKey(len(self.older).to_bytes(32))

    @rule(who=replicas)
    def a_replica_gets_the_new_master_key(self, who):
        masters = self.replicas[who].masters
        if masters.current is not self.newest:
            self.replicas[who] = Replica(MasterKeys(self.newest, previous=(masters.current,)))

    @rule(who=replicas, rows=st.integers(1, 8))
    def some_rows_are_rewrapped(self, who, rows):
        self.decide(who, self.rewrap(who)[:rows], stored=True)

    @rule(who=replicas)
    def a_replica_forgets_the_old_master_key(self, who):
        if {key.master_id for key in self.world.ring.keys} <= {None, self.newest.master_id}:
            self.replicas[who] = Replica(MasterKeys(self.newest))

    # How it is asked for; a replica without the right master key does nothing --------------------------------

    def attempt(self, asked):
        before = self.world.ring
        try:
            return asked()
        except (VerifyOnly, RotationRefused):
            assert self.world.ring is before
            return ()

    def plan(self, who):
        live, masters = self.world.latest_exp(), self.replicas[who].masters
        return self.attempt(
            lambda: plan(self.world.ring, self.policy, self.world.now, live=live, masters=masters)
        )

    def rotate(self, who, purpose):
        live, masters = self.world.latest_exp(), self.replicas[who].masters
        return self.attempt(
            lambda: rotate(
                self.world.ring, self.policy, self.world.now, purpose=purpose, live=live, masters=masters
            )
        )

    def compromise(self, who, kids):
        masters = self.replicas[who].masters
        return self.attempt(
            lambda: compromise(
                self.world.ring, self.policy, self.world.now, kids, reason="drill", masters=masters
            )
        )

    def rewrap(self, who):
        return self.attempt(lambda: rewrap(self.world.ring, self.world.now, self.replicas[who].masters))

    def issue(self, who, purpose, lifetime=900):
        try:
            token = self.world.issue(self.replicas[who], purpose, lifetime)
        except VerifyOnly:
            return
        self.known_to_every_verifier(token)

    def decide(self, who, planned, *, stored):
        """Make the keys, and store the ring and use it at once, or leave that to a later step."""
        if self.world.think(self.replicas[who], planned) and stored:
            assert self.world.carry_out(self.replicas[who])
            for purpose in Purpose:
                self.issue(who, purpose)

    # What holds -----------------------------------------------------------------------------------------

    def known_to_every_verifier(self, token):
        """K19: whoever's JWKS is not older than allowed has the key, unless it signed in an emergency."""
        key = self.world.ring.by_kid(token.kid)
        assert key.bootstrap or token.kid.encode() in self.world.kids_published_at(token.iat - JWKS_AGE)

    @invariant()
    def k1_exactly_one_key_signs_per_purpose(self):
        """K1: count(ACTIVE, purpose) = 1 in every committed state after bootstrap."""
        for purpose in Purpose:
            assert len(self.world.ring.of(purpose, KeyState.ACTIVE)) == 1

    @invariant()
    def k2_there_is_always_a_next_key(self):
        """K2: count(NEXT) >= 1; no exception is needed, for an emergency brings its next key along."""
        for purpose in Purpose:
            assert self.world.ring.next(purpose) is not None

    @invariant()
    def k3_keys_follow_the_graph_and_history_only_grows(self):
        """K3: transitions follow the graph; the version strictly increases; what was written stays."""
        for before, after in pairwise(self.world.history[-2:]):
            assert after.version > before.version
            for key in before.keys:
                later = after.by_kid(key.kid)
                assert later.state in reachable(key.state)
                for time in TIMES:
                    assert getattr(key, time) in {None, getattr(later, time)}

    @invariant()
    def k4_every_token_was_signed_by_the_active_key_of_its_time(self):
        """K4: the kid was ACTIVE at iat by the database's time."""
        for token in self.world.tokens:
            key = self.world.ring.by_kid(token.kid)
            assert key.activated_at <= token.iat <= (key.retired_at or key.compromised_at or token.iat)

    @invariant()
    def k5_no_key_signs_before_verifiers_know_it(self):
        """K5: iat - published_at >= PREPUB unless the key is marked as bootstrap or emergency.

        Counted from when the JWKS first showed it, whatever its row says.
        """
        for token in self.world.tokens:
            key = self.world.ring.by_kid(token.kid)
            known_for = token.iat - self.world.born[token.kid]
            assert key.bootstrap or known_for >= self.policy.prepublication

    @invariant()
    def k6_no_token_is_younger_than_its_keys_retirement(self):
        """K6: no token of a kid has iat > retired_at; nor > compromised_at."""
        for token in self.world.tokens:
            key = self.world.ring.by_kid(token.kid)
            for end in (key.retired_at, key.compromised_at):
                assert end is None or token.iat <= end

    @invariant()
    def k7_a_live_token_has_its_key_published_or_compromised(self):
        """K7: live token => kid in the JWKS xor kid COMPROMISED."""
        published = {key.kid for key in self.world.ring.published()}
        for token in self.world.live():
            compromised = self.world.ring.by_kid(token.kid).state is KeyState.COMPROMISED
            assert (token.kid in published) != compromised

    @invariant()
    def k8_a_compromised_key_is_nowhere_believed(self):
        """K8: not in the JWKS, and nothing it signed verifies, from the commit on."""
        body = jwks(self.world.ring).body
        verifying = {key.kid for purpose in Purpose for key in self.world.ring.verifying(purpose)}
        for key in self.world.ring.keys:
            if key.state is KeyState.COMPROMISED:
                assert key.kid.encode() not in body
                assert key.kid not in verifying

    @invariant()
    def k9_a_kid_names_one_key_for_ever(self):
        """K9: the RFC 7638 thumbprint, never published again after REMOVED or COMPROMISED."""
        body = self.world.published[-1][2]
        for key in self.world.ring.keys:
            assert key.kid == thumbprint(key.public_jwk)
            ended = key.state in {KeyState.REMOVED, KeyState.COMPROMISED}
            assert (key.kid.encode() in body) != ended

    @invariant()
    def k10_the_jwks_is_a_function_of_the_ring(self):
        """K10: equal bytes and ETag at all replicas, in whatever order they read the rows; sorted by kid."""
        ring = self.world.ring
        document = jwks(ring)
        kids = [entry["kid"] for entry in json.loads(document.body)["keys"]]
        assert jwks(KeyRing(ring.version, ring.keys[::-1])) == document
        assert document.body == self.world.published[-1][2]
        assert kids == sorted(kids)

    @invariant()
    def k11_the_jwks_holds_public_members_only(self):
        """K11, with `purpose`; and never more keys than verifiers read (threats 23)."""
        entries = json.loads(jwks(self.world.ring).body)["keys"]
        assert all(entry.keys() <= MEMBERS for entry in entries)
        assert len(entries) <= MAX_PUBLISHED

    @invariant()
    def k12_private_parts_end_with_the_need_for_them(self):
        """K12: VERIFY_ONLY, REMOVED and COMPROMISED have no private part; NEXT and ACTIVE have one.

        Nor is it destroyed before the drain, unless the key is compromised.
        """
        for key in self.world.ring.keys:
            if key.private_destroyed_at is not None or key.state in {KeyState.REMOVED, KeyState.COMPROMISED}:
                assert (key.sealed_private, key.master_id) == (None, None)
                drained = key.retired_at is not None and (
                    key.private_destroyed_at - key.retired_at >= self.policy.drain
                )
                assert drained or key.state is KeyState.COMPROMISED
            if key.state in {KeyState.NEXT, KeyState.ACTIVE}:
                assert key.sealed_private is not None

    @invariant()
    def k13_no_row_opens_as_another(self):
        """K13: unwrap(row a's ciphertext as row b) fails for a != b."""
        rows = [key for key in self.world.ring.keys if key.sealed_private is not None]
        masters = MasterKeys(self.newest, tuple(self.older))
        for a, b in zip(rows, rows[1:] + rows[:1], strict=True):
            with pytest.raises(SealBroken):
                masters.open(a.sealed_private, (b.kid, b.purpose, b.algorithm))

    @invariant()
    def k14_every_row_opens_under_the_master_key_it_names(self):
        """K14: every row opens with exactly one known master_id."""
        for key in self.world.ring.keys:
            if key.sealed_private is not None:
                known = (self.newest, *self.older)
                opening = [master.master_id for master in known if self.opens(key, master)]
                assert opening == [key.master_id]

    @invariant()
    def k15_nonces_never_repeat(self):
        """K15: per master key, over all texts ever stored."""
        texts = {key.sealed_private for ring in self.world.history for key in ring.keys} - {None}
        nonces = {(text.split(".")[1], text.split(".")[3]) for text in texts}
        assert len(nonces) == len(texts)

    @invariant()
    def k16_one_change_succeeds_per_version(self):
        """K16: of n changes with one expected version exactly one succeeds."""
        assert set(self.world.successes.values()) == {1}
        assert [ring.version for ring in self.world.history] == list(range(1, len(self.world.history) + 1))

    @invariant()
    def k17_reading_changes_nothing(self):
        """K17: a GET never changes any key row."""
        ring = self.world.ring
        before = (ring.version, ring.keys)
        for key in ring.keys:
            public_pem(key)
        jwks(ring)
        assert (ring.version, ring.keys) == before

    @invariant()
    def k18_a_key_serves_one_purpose(self):
        """K18: a key of purpose p never verifies or signs an object of purpose q."""
        published = KeySet.from_document(json.loads(jwks(self.world.ring).body))
        for token in self.world.tokens[-1:]:
            [other] = set(Purpose) - {token.purpose}
            expected = {Purpose.ACCESS_TOKEN: "at+jwt", Purpose.STATUS_LIST: "statuslist+jwt"}
            header = json.loads(decode(token.jws.split(".")[0]))
            assert header["typ"] == expected[token.purpose]
            assert token.kid not in {key.kid for key in self.world.ring.verifying(other)}
            if token.kid in published:
                with pytest.raises(WrongKeyPurpose):
                    published.find(token.kid, other)

    @invariant()
    def k22_a_wrong_master_key_changes_nothing(self):
        """K22: whoever cannot open the keys that are there plans nothing, signs nothing and rewraps nothing."""
        ring, policy, now = self.world.ring, self.policy, self.world.now
        active = ring.active(Purpose.ACCESS_TOKEN)
        for wrong in (FOREIGN, None):
            with pytest.raises(VerifyOnly):
                plan(ring, policy, now, live={}, masters=wrong)
            with pytest.raises(VerifyOnly):
                rotate(ring, policy, now, purpose=Purpose.ACCESS_TOKEN, live={}, masters=wrong)
            with pytest.raises(VerifyOnly):
                compromise(ring, policy, now, {active.kid}, reason="drill", masters=wrong)
            with pytest.raises(VerifyOnly):
                open_signer(active, wrong)
        with pytest.raises(VerifyOnly):
            rewrap(ring, now, FOREIGN)

    def opens(self, key, master):
        try:
            open_private(key, MasterKeys(master))
        except VerifyOnly:
            return False
        return True


KeyLife.TestCase.settings = settings(
    max_examples=80, stateful_step_count=60, deadline=None, suppress_health_check=list(HealthCheck)
)
TestKeyLife = KeyLife.TestCase
