package archive

import (
	"errors"
	"fmt"
	"os"
)

// SyncFolder makes a file's new name in the folder durable: syncing the file alone does not.
func SyncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	if err := errors.Join(folder.Sync(), folder.Close()); err != nil {
		return fmt.Errorf("sync folder %s: %w", path, err)
	}
	return nil
}
