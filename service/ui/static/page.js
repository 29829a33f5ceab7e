// What every page does with scripts. Without them everything works too, a page at a time.
import "./zone.js";
import "./menu.js";
import "./sheets.js";
import "./copying.js";
import "./fields.js";
import "./welcome.js";
import "./passkeys.js";
