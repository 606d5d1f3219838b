// Package web is the page: what a person on call looks at.
//
// Its source is TypeScript and Preact in src, built by Vite into dist. The built files
// are committed and embedded, so that Go alone makes the whole program; .ci/run builds
// them again and compares. All of it speaks to the REST interface that everybody else
// uses, and to nothing else: no font, script, picture or statistics comes from elsewhere.
//
//  1. [Load] reads the embedded files and compresses them.
//  2. [Site.Page] is the one HTML file; which view it shows is decided in the browser from
//     the path, which is one of [Paths].
//  3. [Site.Asset] are its scripts and styles, under names that hold a hash of what is in
//     them.
//  4. [Site.Own] and [Site.Library] say which of them every view needs, and which only some.
//
// How these are sent (headers, conditional requests, limits) is the business of package
// api.
package web
