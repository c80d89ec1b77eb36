package bleveindex_test

import (
	"testing"

	"chancery/search"
	"chancery/search/bleveindex"
	"chancery/search/searchtest"
)

func open(folder string, rows *search.Rows, texts search.Texts) (search.Index, error) {
	return bleveindex.Open(folder, rows, texts, bleveindex.Options{})
}

func TestConformance(t *testing.T) { searchtest.Run(t, open) }
