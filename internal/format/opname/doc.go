// Package opname folds the generated parts of span names to {}, so that a name
// stands for an operation and not for one request.
//
// In goes a span name as recorded, out comes the same name with ids, numbers,
// dates, addresses, literals and query strings replaced: "GET /users/42" becomes
// "GET /users/{}". [Fold] says exactly what folds; [Generated] asks the same of a
// whole attribute value.
//
// [FoldBy] and [FoldBySummary] do it by a form that is stated beside the name: by
// /users/{name}, "GET /users/alice" is "GET /users/{}".
//
// The rules of Fold look at the name alone, so a name folds the
// same way whichever system it came through. They prefer to leave a doubtful part:
// an id too many is bounded later (model.Symbols), two operations folded into one
// are lost for good. So version segments (v1, v2.1, api3), words that end in a
// digit (s3, ipv4, sha256) and route templates (/users/{id}, /users/:id) stay.
package opname
