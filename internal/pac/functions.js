// The functions that a PAC file may call, over what Go gives: lookUp(name) is a list of
// addresses, own() this machine's, inNet(address, prefix), sorted(list), isAddress(text), and
// now(gmt) the parts of the time.
(function (go) {
  "use strict";
  var define = function (name, f) { globalThis[name] = f; };
  var isIPv4 = function (text) {
    var parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
    return parts !== null && parts.slice(1).every(function (p) { return p <= 255; });
  };
  var firstIPv4 = function (list) {
    for (var i = 0; i < list.length; i++) if (isIPv4(list[i])) return list[i];
    return null;
  };

  var dnsResolve = function (host) { return isIPv4(host) ? String(host) : firstIPv4(go.lookUp("dnsResolve", String(host))); };
  var dnsResolveEx = function (host) { return go.lookUp("dnsResolveEx", String(host)).join(";"); };
  var number = function (address) {
    var b = String(address).split(".");
    return (b[0] & 255) << 24 | (b[1] & 255) << 16 | (b[2] & 255) << 8 | (b[3] & 255);
  };

  define("isPlainHostName", function (host) { return String(host).indexOf(".") < 0 && !go.isAddress(String(host)); });
  define("dnsDomainIs", function (host, domain) {
    return host.length >= domain.length && host.substring(host.length - domain.length) === domain;
  });
  define("localHostOrDomainIs", function (host, whole) { return host === whole || whole.lastIndexOf(host + ".", 0) === 0; });
  define("dnsDomainLevels", function (host) { return host.split(".").length - 1; });
  define("dnsResolve", dnsResolve);
  define("dnsResolveEx", dnsResolveEx);
  define("isResolvable", function (host) { return dnsResolve(host) !== null; });
  define("isResolvableEx", function (host) { return dnsResolveEx(host) !== ""; });
  define("myIpAddress", function () { return firstIPv4(go.own()) || "127.0.0.1"; });
  define("myIpAddressEx", function () { return go.own().join(";"); });
  define("convert_addr", number);
  define("isInNet", function (host, pattern, mask) {
    if (!isIPv4(pattern) || !isIPv4(mask)) return false;
    var address = dnsResolve(host);
    return address !== null && (number(address) & number(mask)) === (number(pattern) & number(mask));
  });
  define("isInNetEx", function (address, prefix) { return go.inNet(String(address), String(prefix)); });
  define("sortIpAddressList", function (list) { return go.sorted(String(list)); });
  define("getClientVersion", function () { return "1.0"; });
  define("alert", function (text) { go.alert(String(text)); });
  define("shExpMatch", function (text, pattern) {
    var expression = String(pattern).replace(/\./g, "\\.").replace(/\*/g, ".*").replace(/\?/g, ".");
    return new RegExp("^" + expression + "$").test(text);
  });

  // compare orders two lists of numbers as words in a dictionary.
  var compare = function (a, b) {
    for (var i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i] < b[i] ? -1 : 1;
    return 0;
  };
  // within: from may come after to, and the range goes over the end then.
  var within = function (from, at, to) {
    return compare(from, to) <= 0 ? compare(from, at) <= 0 && compare(at, to) <= 0 : compare(at, to) <= 0 || compare(from, at) <= 0;
  };
  // given returns the arguments without a last "GMT", and the time in the zone that it means.
  var given = function (args) {
    var list = [].slice.call(args), gmt = list.length > 0 && list[list.length - 1] === "GMT";
    if (gmt) list.pop();
    return { list: list, now: go.now(gmt) };
  };

  var weekdays = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
  define("weekdayRange", function () {
    var g = given(arguments), days = g.list.slice(0, 2).map(function (d) { return weekdays.indexOf(d); });
    if (days.length === 0 || days.indexOf(-1) >= 0) return false;
    return within([days[0]], [g.now.weekday], [days[days.length - 1]]);
  });

  var months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
  // part says what a word of a date is: a month by its name, a day below 32, else a year.
  var part = function (word) {
    var n = parseInt(word, 10);
    if (isNaN(n)) return { name: "month", value: months.indexOf(word) };
    return { name: n < 32 ? "day" : "year", value: n };
  };
  define("dateRange", function () {
    var g = given(arguments), parts = g.list.map(part), half = parts.length >> 1;
    if (parts.length === 1) return parts[0].value === g.now[parts[0].name];
    if (parts.length === 0 || parts.length % 2 === 1 || parts.length > 6) return false;
    var from = {}, to = {};
    parts.forEach(function (p, i) { (i < half ? from : to)[p.name] = p.value; });
    var names = ["year", "month", "day"].filter(function (n) { return n in from; });
    if (parts.some(function (p) { return p.value < 0 || !(p.name in from) || !(p.name in to); })) return false;
    var values = function (of) { return names.map(function (n) { return of[n]; }); };
    return within(values(from), values(g.now), values(to));
  });

  define("timeRange", function () {
    var g = given(arguments), list = g.list.map(Number), half = list.length >> 1;
    var now = [g.now.hour, g.now.minute, g.now.second];
    switch (list.length) {
    case 1: return now[0] === list[0];
    // Chromium and Firefox do not let two hours go over midnight.
    case 2: return list[0] <= now[0] && now[0] <= list[1];
    case 4: case 6: return within(list.slice(0, half), now.slice(0, half), list.slice(half));
    }
    throw new TypeError("timeRange takes 1, 2, 4 or 6 numbers, and GMT");
  });
})
