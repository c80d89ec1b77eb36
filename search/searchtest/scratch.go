package searchtest

import "os"

// scratch is a folder for one engine of one drawn world, and its removal.
func scratch() (folder string, remove func() error, err error) {
	folder, err = os.MkdirTemp("", "searchtest")
	return folder, func() error { return os.RemoveAll(folder) }, err
}
