// Package house holds the test of the architecture: which room may import which, and
// what the core may not do. It exports nothing; ARCHITECTURE.md says why.
package house
