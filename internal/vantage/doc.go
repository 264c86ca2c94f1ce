// Package vantage is from where a run looks: this machine, a folder that holds the files
// of one, or a made-up network.
//
// [Machine], [Folder] and [Of] give a [Vantage]. [Vantage.Prepare] makes of it, and of
// what is asked in flags ([Ask]), a [Run] that flows walks. There is no second place that
// decides how a run is made, so that what a test walks is what a user walks.
package vantage
