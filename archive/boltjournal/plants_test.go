package boltjournal_test

import (
	"testing"

	"chancery/archive/archivetest"
)

// TestSuiteSeesPlants plants each fault and wants the suite to fail; without a fault it passes the same way.
func TestSuiteSeesPlants(t *testing.T) {
	for _, plant := range archivetest.Plants() {
		t.Run(plant, func(t *testing.T) {
			t.Parallel()
			for _, check := range archivetest.Checks() {
				failure := archivetest.Failure(t, check, func(t testing.TB) archivetest.Opener {
					return archivetest.Faulty(single(t), plant)
				})
				if failure != "" {
					t.Logf("seen by %q: %s", check.Name, failure)
					return
				}
			}
			t.Error("the suite does not see it")
		})
	}
}

func TestRecorderPasses(t *testing.T) {
	check := archivetest.Checks()[0]
	if failure := archivetest.Failure(t, check, single); failure != "" {
		t.Fatal(failure)
	}
}
