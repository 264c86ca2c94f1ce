// Package har makes of the requests of a run an HTTP archive, which the network tools of
// browsers open: HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec/).
//
// An entry is a request that was sent, a CONNECT, or a request that was not sent because the way
// to its host broke: that one has status 0 and says why, as browsers write it (_error). What the
// archive has no field for begins with an underscore.
package har
