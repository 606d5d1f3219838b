// Package datasets reads and writes recordings.
package datasets
