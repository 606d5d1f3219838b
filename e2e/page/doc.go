// Package page drives the page in a browser, as the person on call does: Debian's Chromium
// by Playwright, against the program itself playing its demo.
//
// The Go test starts culprit and hands its address to the scenarios in page.spec.ts. Any
// error on the console, any breach of the content-security-policy and any serious finding
// of axe-core fails them. With CULPRIT_SHOTS=DIR the pictures of the documentation are
// taken on the way:
//
//	CULPRIT_SHOTS=../../docs/page go test ./page
package page
