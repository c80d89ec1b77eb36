module chancery

go 1.26.0

require go.etcd.io/bbolt v0.0.0

replace go.etcd.io/bbolt => ./bbolt
