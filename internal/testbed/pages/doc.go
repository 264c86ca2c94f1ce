// Package pages holds the tests that open a report's HTML page in a real browser.
package pages
