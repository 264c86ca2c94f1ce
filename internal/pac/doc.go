// Package pac evaluates a proxy auto-config file: the function FindProxyForURL that
// browsers and operating systems ask which proxy a URL goes by.
//
// It is pure. Name lookups, the clock, randomness and this machine's addresses are given by
// the caller, and the script reaches nothing else: no network, no file, no process. What it
// may use of time, memory and stack is bounded, and so is the language: the functions of
// JavaScript that take a length, compile text or backtrack are bounded or missing (bounds.js).
// A file that needs one of these ends with an error that names it; it never gets an answer
// that a browser would not give.
//
// The functions are those of
// https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/Proxy_servers_and_tunneling/Proxy_Auto-Configuration_PAC_file
// and the Ex functions of
// https://learn.microsoft.com/en-us/windows/win32/winhttp/ipv6-extensions-to-navigator-auto-config-file-format.
// Where implementations differ, Chromium decides: its library is
// https://source.chromium.org/chromium/chromium/src/+/main:services/proxy_resolver/pac_js_library.h.
package pac
