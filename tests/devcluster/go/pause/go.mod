module trainjob-operator/devcluster/pause

go 1.26.0
