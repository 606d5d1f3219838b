// Package features writes what the detector sees as a Parquet file, for notebooks and
// for anyone's own model: Canopy's trace-derived data set (Kaldor et al., SOSP 2017).
//
//  1. [Table.Trace] adds a row for a trace, [Table.Window] one for each operation in its
//     context and window, judged against the windows before it.
//  2. [Writer] writes [Row]s.
//
// Both kinds of rows stand in one file, told apart by the column kind; columns of the
// other kind are null. The columns are documented at [Row], in the order of the file. With labels, each
// row says which fault lasted in its window, and windows that touch a fault are not
// learned from; without labels every window is learned from after it was judged, as if
// it had been healthy.
package features
