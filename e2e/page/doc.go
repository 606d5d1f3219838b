// Package page drives the page in a browser, as the person on call does: Debian's Chromium
// by Playwright, against the program itself.
//
//  1. [TestPage]: the flows (page.spec.ts) and what holds for every view (views.spec.ts: axe-core,
//     phones, the keyboard, hostile text), on the demo.
//  2. [TestScale]: 300 services, 2,000 operations and 500 incidents; prints what it takes.
//  3. [TestJaegerLinks]: traces open in a real Jaeger. [TestAlertsPage]: a webhook that refuses.
//  4. [TestDashboard]: what Grafana's dashboard asks for is served.
//  5. [TestWorkflowPage]: the drawn workflow of each labelled fault.
//
// Any error on the console, any request to elsewhere, any breach of the content-security-policy
// and any serious finding of axe-core fails a scenario. With CULPRIT_SHOTS=DIR the pictures of
// the documentation are taken on the way:
//
//	CULPRIT_SHOTS=$PWD/../docs/page go test -count=1 -run TestPage ./page
package page
