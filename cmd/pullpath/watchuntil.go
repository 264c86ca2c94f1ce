package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"pullpath/internal/watch"
)

// What ends a watch.
const (
	untilPass   = "pass"
	untilChange = "change"
)

// untilValue is the value of --until.
type untilValue struct {
	text, what string
	at         time.Time
}

// String is what was given.
func (u *untilValue) String() string { return u.text }

// Type returns what help calls the value.
func (u *untilValue) Type() string { return "pass|change|TIME" }

// Set takes pass, change, a time of day, a date with a time, or a length of time from now.
func (u *untilValue) Set(text string) error {
	return u.set(text, time.Now())
}

func (u *untilValue) set(text string, now time.Time) error {
	u.text = text
	if text == untilPass || text == untilChange {
		u.what = text
		return nil
	}
	if length, err := time.ParseDuration(text); err == nil && length > 0 {
		u.at = now.Add(length)
		return nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil && at.After(now) {
		u.at = at
		return nil
	}
	clock, err := time.ParseInLocation("15:04", text, now.Location())
	if err != nil {
		return errors.New("neither pass nor change nor a time to come, as 16:00, 2026-11-30T16:00:00Z or 90m")
	}
	u.at = time.Date(now.Year(), now.Month(), now.Day(), clock.Hour(), clock.Minute(), 0, 0, now.Location())
	if !u.at.After(now) {
		u.at = u.at.AddDate(0, 0, 1)
	}
	return nil
}

// context ends at the time that was given.
func (u *untilValue) context(parent context.Context) (context.Context, context.CancelFunc) {
	if u.at.IsZero() {
		return context.WithCancel(parent)
	}
	return context.WithDeadline(parent, u.at)
}

// hookTime bounds a command of --exec: the next walk waits for it.
const hookTime = time.Minute

// runHook runs the command of --exec. What it prints goes to stderr.
func runHook(ctx context.Context, command string, w watch.Walk, s streams) error {
	ctx, cancel := context.WithTimeout(ctx, hookTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", command)
	if shell := os.Getenv("COMSPEC"); shell != "" {
		cmd = exec.CommandContext(ctx, shell, "/c", command)
	}
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = s.err, s.err, windUp
	cmd.Env = append(os.Environ(), watchStatus+"="+w.Status, watchFingerprint+"="+w.Fingerprint, watchSummary+"="+w.Headline)
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("--exec: %w", err)
	}
	return nil
}

// What a command of --exec finds in its environment.
const (
	watchStatus      = "PULLPATH_WATCH_STATUS"
	watchFingerprint = "PULLPATH_WATCH_FINGERPRINT"
	watchSummary     = "PULLPATH_WATCH_SUMMARY"
)
