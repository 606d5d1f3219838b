package features

import (
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/snappy"
)

// groupRows is how many rows a row group holds: memory grows with it, and a reader that
// wants some columns reads at least a group of each.
const groupRows = 100_000

// Writer writes rows to a Parquet file.
type Writer struct {
	out  *parquet.GenericWriter[Row]
	rows int
}

// NewWriter begins a file.
func NewWriter(w io.Writer) *Writer {
	return &Writer{out: parquet.NewGenericWriter[Row](w,
		// what every reader can read: fastparquet, the reader in Debian, has no second version of pages
		parquet.Compression(&snappy.Codec{}),
		parquet.DataPageVersion(1),
		parquet.MaxRowsPerRowGroup(groupRows),
		parquet.CreatedBy("culprit", "1", "0"),
	)}
}

// Write appends rows.
func (w *Writer) Write(rows ...Row) error {
	n, err := w.out.Write(rows)
	w.rows += n
	if err != nil {
		return fmt.Errorf("features: %w", err)
	}
	return nil
}

// Rows is how many rows have been written.
func (w *Writer) Rows() int { return w.rows }

// Close writes the end of the file, without which it cannot be read.
func (w *Writer) Close() error {
	if err := w.out.Close(); err != nil {
		return fmt.Errorf("features: %w", err)
	}
	return nil
}
