// Package graph turns spans into call graphs.
package graph
