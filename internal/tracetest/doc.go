// Package tracetest draws traces as text, so that a test shows the trace it speaks
// about.
//
//	web  GET/cart    0ms 100ms kind=server
//	  web  call      5ms  60ms kind=client
//	    cart list   10ms  50ms kind=server error tenant=acme
//	  user get       70ms  10ms
//
// A line is a span: indentation is the parent, then service, operation (quote it if
// it holds blanks), start and duration, then marks. The start counts from [Epoch].
// With one time only it is the duration, and the span starts where its elder sibling
// ended (the first one where its parent starts); with none it lasts a millisecond.
// The ID of a span is its line number, from 1: see [ID].
//
// Marks are words or key=value:
//
//	kind=server|client|internal|producer|consumer
//	error, ok, timeout, streaming, follows
//	instance= version= host=   who emitted it
//	peer=                      the callee as the caller knows it
//	weight=4                   traces it stands for
//	id=1f parent=7             in hex, instead of line number and indentation
//	childof= followsfrom= link=  further references, to an ID in hex
//
// Every other key=value is an attribute of the span. A drawing that cannot be read
// panics with its line: it is a mistake in the test.
//
// Beside it: [Golden] for what is held against a file, [Shared] for the recordings that
// lie beside the checkout.
package tracetest
