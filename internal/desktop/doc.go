// Package desktop reads what decides for container engines on the systems of people's own
// machines: Windows, macOS, a distribution below WSL, a Linux desktop. There an engine pulls from
// inside a virtual machine, and a product of its own, a system setting or a PAC file says through
// which proxy.
//
// Each engine is an [settings.Client] with a [settings.Machine]: what the engine is told is one
// step, where that leads on the host is the other. A place that decides and was not read is a
// [settings.Unread], and its clients are unknown: never direct.
package desktop
