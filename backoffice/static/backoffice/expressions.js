// What the theme's pages say in their attributes (x-show="openMenu"), read by a closed grammar in
// place of the browser's `eval`, which the content policy forbids. Alpine hands each text to the
// evaluator below. Only plain names are assigned to, besides where the page leads, which stays on
// this site; only what is listed is reached from outside a page's own names, and no other method
// is called than those of METHODS. See docs/adr/0017.
(function () {
  "use strict";

  const OUTSIDE = { localStorage: window.localStorage, window: { location: window.location } };
  const FUNCTIONS = ["theme", "searchForm", "searchDropdown", "searchCommand", "getCurrentTab"];
  const METHODS = ["getItem", "setItem", "includes", "toLowerCase"];
  const NEVER = ["constructor", "prototype", "__proto__", "__defineGetter__", "__defineSetter__"];
  const LEAVING = ["window", ".", "location", ".", "href", "="];
  const CONSTANTS = new Map([["true", true], ["false", false], ["null", null], ["undefined", undefined]]);
  const TOKEN = /\s*(?:(\d+(?:\.\d+)?)|([\p{L}_$][\p{L}\d_$]*)|'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(=>|===|!==|==|!=|<=|>=|&&|\|\||[-+*/%<>!=?:;,.()[\]{}]))/uy;
  const BINARY = [
    { "||": null }, // the first two look at their right side only where they have to
    { "&&": null },
    { "===": (a, b) => a === b, "!==": (a, b) => a !== b, "==": (a, b) => a == b, "!=": (a, b) => a != b },
    { "<": (a, b) => a < b, ">": (a, b) => a > b, "<=": (a, b) => a <= b, ">=": (a, b) => a >= b },
    { "+": (a, b) => a + b, "-": (a, b) => a - b },
    { "*": (a, b) => a * b, "/": (a, b) => a / b, "%": (a, b) => a % b },
  ];
  const UNARY = { "!": (a) => !a, "-": (a) => -a };
  const read = new Map(); // programs by their text: a function of the names around an element

  function tokens(text) {
    const found = [];
    TOKEN.lastIndex = 0;
    while (TOKEN.lastIndex < text.trimEnd().length) {
      const at = TOKEN.lastIndex, match = TOKEN.exec(text);
      if (!match) throw new SyntaxError("No such sign here: " + text.slice(at));
      const [, number, name, single, double, sign] = match;
      if (number !== undefined) found.push({ value: Number(number) });
      else if (NEVER.includes(name)) throw new SyntaxError("No page reaches “" + name + "”: " + text);
      else if (name !== undefined) found.push({ name });
      else if (sign !== undefined) found.push({ sign });
      else found.push({ value: (single ?? double).replace(/\\(.)/g, "$1") });
    }
    return found;
  }

  function programOf(text) {
    const left = tokens(text);
    let place = 0;
    const next = (ahead = 0) => left[place + ahead] || {};
    const at = (sign) => next().sign === sign;
    const take = (sign) => at(sign) && Boolean(++place);
    function need(sign) {
      if (!take(sign)) throw new SyntaxError("“" + sign + "” is missing: " + text);
    }

    function statements() {
      const all = [];
      while (place < left.length) {
        if (!take(";")) all.push(statement());
        if (place < left.length) need(";");
      }
      return (names) => all.reduce((_before, one) => one(names), undefined);
    }
    function statement() {
      if (next().name !== "if" || next(1).sign !== "(") return expression();
      place += 1;
      need("(");
      const asked = expression();
      need(")");
      const then = statement();
      return (names) => (asked(names) ? then(names) : undefined);
    }
    function expression() {
      if (LEAVING.every((one, ahead) => (next(ahead).name ?? next(ahead).sign) === one)) return leaving();
      if (next().name && next(1).sign === "=>") return arrow();
      if (next().name && next(1).sign === "=") return assignment();
      const asked = binary(0);
      if (!take("?")) return asked;
      const yes = expression();
      need(":");
      const no = expression();
      return (names) => (asked(names) ? yes(names) : no(names));
    }
    function leaving() {
      place += LEAVING.length;
      const address = expression();
      return (names) => go(address(names));
    }
    function arrow() {
      const name = next().name;
      place += 2;
      const body = expression();
      return (names) => (given) => body(Alpine.mergeProxies([{ [name]: given }, names]));
    }
    function assignment() {
      const name = next().name;
      place += 2;
      const value = expression();
      return (names) => (names[name] = value(names));
    }
    function binary(level) {
      if (level === BINARY.length) return unary();
      let one = binary(level + 1);
      while (next().sign && Object.hasOwn(BINARY[level], next().sign)) {
        const sign = left[place++].sign;
        one = joined(sign, BINARY[level][sign], one, binary(level + 1));
      }
      return one;
    }
    function joined(sign, made, one, other) {
      if (sign === "||") return (names) => one(names) || other(names);
      if (sign === "&&") return (names) => one(names) && other(names);
      return (names) => made(one(names), other(names));
    }
    function unary() {
      const made = next().sign && Object.hasOwn(UNARY, next().sign) && UNARY[next().sign];
      if (!made) return reached();
      place += 1;
      const one = unary();
      return (names) => made(one(names));
    }
    function reached() {
      let name = next().name, one = primary();
      for (;;) {
        if (take(".")) {
          name = left[place++]?.name;
          if (!name) throw new SyntaxError("A name is missing: " + text);
          one = at("(") ? method(one, name) : member(one, name);
        } else if (take("[")) {
          one = member(one, written());
          need("]");
        } else if (at("(") && name) one = call(name);
        else return one;
        name = "";
      }
    }
    function member(one, name) {
      return (names) => one(names)[name];
    }
    function written() {
      const name = left[place++]?.value;
      if (typeof name !== "string" || NEVER.includes(name)) {
        throw new SyntaxError("No page reaches this: " + text);
      }
      return name;
    }
    function method(one, name) {
      if (!METHODS.includes(name)) throw new SyntaxError("No page calls “" + name + "”: " + text);
      const given = list("(", ")");
      return (names) => one(names)[name](...given.map((each) => each(names)));
    }
    function call(name) {
      const given = list("(", ")");
      return (names) => named(names, name).apply(names, given.map((each) => each(names)));
    }
    function primary() {
      if (take("(")) {
        const inside = expression();
        need(")");
        return inside;
      }
      if (at("[")) {
        const all = list("[", "]");
        return (names) => all.map((each) => each(names));
      }
      if (at("{")) return object();
      const one = left[place++] || {};
      if ("value" in one) return () => one.value;
      if (CONSTANTS.has(one.name)) return () => CONSTANTS.get(one.name);
      if (one.name) return (names) => named(names, one.name);
      throw new SyntaxError("Something is missing: " + text);
    }
    function list(first, last) {
      const all = [];
      need(first);
      while (!take(last)) {
        all.push(expression());
        if (!at(last)) need(",");
      }
      return all;
    }
    function object() {
      const pairs = [];
      need("{");
      while (!take("}")) {
        const key = left[place++] || {};
        need(":");
        pairs.push([key.name ?? key.value, expression()]);
        if (!at("}")) need(",");
      }
      return (names) => Object.fromEntries(pairs.map(([key, value]) => [key, value(names)]));
    }

    return statements();
  }

  function go(address) {
    if (new URL(address, window.location).origin !== window.location.origin) {
      throw new ReferenceError("No page leads away by itself: " + address);
    }
    window.location.href = address;
  }

  function named(names, name) {
    if (name in names) return names[name];
    if (Object.hasOwn(OUTSIDE, name)) return OUTSIDE[name];
    if (FUNCTIONS.includes(name)) return window[name];
    throw new ReferenceError("No page knows the name “" + name + "”.");
  }

  function program(text) {
    if (!read.has(text)) read.set(text, programOf(text));
    return read.get(text);
  }

  // a style that is written as a text is refused: it is set property by property
  function properties(text) {
    const parts = text.split(";").map((one) => one.split(":").map((part) => part.trim()));
    return Object.fromEntries(parts.filter((pair) => pair.length === 2));
  }

  function isStyle(element, expression) {
    return ["x-bind:style", ":style"].some((name) => element.getAttribute(name) === expression);
  }

  // as Alpine's own: what comes out is told to `told`; a function that comes out is called first,
  // and what cannot be read stops nothing else on the page
  function evaluator(element, expression) {
    const around = Alpine.closestDataStack(element);
    return function (told = () => {}, { scope = {}, params = [] } = {}) {
      const names = Alpine.mergeProxies([scope, ...around]);
      try {
        let value = typeof expression === "function" ? expression.apply(names, params) : program(expression)(names);
        if (typeof value === "function") value = value.apply(names, params);
        told(typeof value === "string" && isStyle(element, expression) ? properties(value) : value);
      } catch (fault) {
        setTimeout(() => { throw fault; });
      }
    };
  }

  document.addEventListener("alpine:init", () => Alpine.setEvaluator(evaluator));
  window.officeExpressions = { program, properties };
})();
