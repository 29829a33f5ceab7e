// Tell the server in which time zone days are meant. Dates on this page were written without: fetch it once more.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "UTC";
if (!document.cookie.split("; ").includes(`safeconduct-zone=${encodeURIComponent(zone)}`)) {
  document.cookie = `safeconduct-zone=${encodeURIComponent(zone)}; Path=/; SameSite=Lax; Max-Age=31536000`;
}
