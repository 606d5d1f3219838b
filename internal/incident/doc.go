// Package incident decides whether there is something to say.
package incident
