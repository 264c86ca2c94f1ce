// What is left of the language for a PAC file. Code that runs is interrupted from outside; a
// built-in function is not while it runs, so none may work for long or make much of little.
// What is named here stays, some of it bounded; everything else is taken away.
(function (most, checkPattern) {
  "use strict";
  var NativeArray = Array, NativeRegExp = RegExp, call = Function.prototype.call, apply = Function.prototype.apply;
  var getNames = Object.getOwnPropertyNames, isArray = Array.isArray, set = Object.defineProperty;
  // A script may put its own in the place of these names.
  var toText = String, toNumber = Number, TooLarge = RangeError, freeze = Object.freeze;
  var run = call.bind(apply);
  var put = function (on, name, value) { set(on, name, { value: value, writable: true, configurable: true, enumerable: false }); };
  var keep = function (on, names) {
    names = " " + names + " ";
    getNames(on).forEach(function (name) { if (names.indexOf(" " + name + " ") < 0) delete on[name]; });
  };
  var tooMuch = function (what) { throw new TooLarge(what + " is larger than pullpath lets a PAC file have"); };
  var text = function (value) {
    value = typeof value === "string" ? value : toText(value);
    if (value.length > most.text) tooMuch("a text");
    return value;
  };
  // list returns an array of what is like one; its length is read once.
  var list = function (like) {
    var length = like === null || like === undefined ? 0 : like.length >>> 0;
    if (length > most.list) tooMuch("a list");
    if (isArray(like)) return like;
    var out = [];
    for (var i = 0; i < length; i++) out[i] = like[i];
    return out;
  };
  // bound puts a check of the receiver and of the arguments before each function of a prototype.
  var bound = function (on, names, self, argument) {
    names.split(" ").forEach(function (name) {
      var native = on[name];
      put(on, name, function () {
        var args = [];
        for (var i = 0; i < arguments.length; i++) args[i] = argument(arguments[i]);
        return run(native, self(this), args);
      });
    });
  };
  var never = function (name) {
    return function () { throw new TypeError(name + " is not for PAC files in pullpath: it compiles text"); };
  };

  // Functions that compile text are on the way to each function, too.
  var functions = Function.prototype;
  var prototypes = [functions, Object.getPrototypeOf(function* () {}), Object.getPrototypeOf(async function () {})];
  prototypes.forEach(function (p) { set(p, "constructor", { value: never("Function") }); });
  // An asynchronous function runs after the answer, and its generator needs no place here.
  keep(globalThis, "Object Array String Number Boolean Date RegExp Math Error TypeError RangeError SyntaxError ReferenceError " +
    "EvalError URIError parseInt parseFloat isNaN isFinite NaN Infinity undefined globalThis " +
    "encodeURIComponent decodeURIComponent encodeURI decodeURI escape unescape");
  globalThis.eval = never("eval");
  globalThis.Function = never("Function");
  globalThis.Function.prototype = functions;
  bound(globalThis, "encodeURIComponent decodeURIComponent encodeURI decodeURI escape unescape parseInt parseFloat",
    function () { return undefined; }, function (v) { return typeof v === "string" ? text(v) : v; });

  keep(Object, "prototype create defineProperty freeze keys getPrototypeOf");
  bound(Object, "keys", function () { return Object; }, function (v) {
    if (typeof v === "string" || v instanceof toText) text(v);
    if (isArray(v)) list(v);
    return v;
  });

  var any = function (v) { return v; };
  var arrays = Array.prototype;
  keep(arrays, "constructor length concat every filter forEach indexOf join lastIndexOf map pop push reduce reduceRight reverse shift " +
    "slice some sort splice toString unshift includes find findIndex fill");
  bound(arrays, "every filter forEach indexOf lastIndexOf map pop push reduce reduceRight reverse shift slice some sort splice unshift " +
    "includes find findIndex fill", list, any);
  bound(arrays, "concat", list, function (v) { return isArray(v) ? list(v) : v; });
  put(arrays, "join", function (between) {
    var items = list(this), out = "";
    between = between === undefined ? "," : toText(between);
    for (var i = 0; i < items.length; i++) {
      var item = items[i];
      out += (i > 0 ? between : "") + (item === null || item === undefined ? "" : item);
    }
    return out;
  });
  put(arrays, "toString", function () { return this.join(); });
  globalThis.Array = function Array(length) {
    if (arguments.length === 1 && typeof length === "number" && length > most.list) tooMuch("a list");
    return run(NativeArray, null, arguments);
  };
  Array.prototype = arrays;
  put(Array, "isArray", isArray);
  put(arrays, "constructor", Array);

  var strings = String.prototype;
  var takes = function (v) { return typeof v === "string" ? text(v) : v; };
  keep(String, "prototype fromCharCode");
  keep(strings, "constructor length charAt charCodeAt concat indexOf lastIndexOf match replace search slice split substr substring " +
    "toLowerCase toUpperCase toString trim valueOf includes startsWith endsWith localeCompare repeat trimStart trimEnd");
  var nativeMatch = strings.match, nativeSearch = strings.search, nativeReplace = strings.replace, nativeRepeat = strings.repeat;
  // pattern returns a regular expression that is the language's own in everything: a built-in
  // function believes what another one's exec says.
  var pattern = function (p) { return p instanceof NativeRegExp ? new Bounded(p) : new Bounded(p === undefined ? "" : p); };
  bound(strings, "charAt charCodeAt concat indexOf lastIndexOf slice substr substring toLowerCase toUpperCase trim " +
    "includes startsWith endsWith localeCompare trimStart trimEnd", text, takes);
  bound(strings, "split", text, function (v) { return v instanceof NativeRegExp ? pattern(v) : takes(v); });
  put(strings, "match", function (p) { return run(nativeMatch, text(this), [pattern(p)]); });
  put(strings, "search", function (p) { return run(nativeSearch, text(this), [pattern(p)]); });
  put(strings, "replace", function (p, by) {
    var self = text(this);
    if (typeof by !== "function") {
      by = text(by);
      if ((self.length + 1) * by.length * (/\$[`']/.test(by) ? self.length + 1 : 1) > most.text) tooMuch("a replacement");
    }
    return run(nativeReplace, self, [p instanceof NativeRegExp ? pattern(p) : text(p), by]);
  });
  put(strings, "repeat", function (times) {
    var self = text(this);
    times = toNumber(times);
    if (self.length * times > most.text) tooMuch("a text");
    return run(nativeRepeat, self, [times]);
  });

  var expressions = NativeRegExp.prototype;
  bound(expressions, "exec test", any, text);
  delete expressions.compile;
  var Bounded = function RegExp(source, flags) {
    if (source instanceof NativeRegExp) {
      if (flags === undefined) flags = source.flags;
      source = source.source;
    }
    source = source === undefined ? "" : text(source);
    flags = flags === undefined ? "" : text(flags);
    checkPattern(source, flags);
    return new NativeRegExp(source, flags);
  };
  Bounded.prototype = expressions;
  put(expressions, "constructor", Bounded);
  freeze(expressions);
  globalThis.RegExp = Bounded;

  keep(functions, "constructor length name call apply bind toString");
  put(functions, "apply", function (self, args) { return run(this, self, list(args)); });
})
