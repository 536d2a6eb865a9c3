# shellcheck shell=sh
# One script at a time: claim_lock NAME, release_lock NAME.
claim_lock() {
    until mkdir "/var/run/xen/lock.$1" 2>/dev/null; do sleep 1; done
}
release_lock() {
    rmdir "/var/run/xen/lock.$1"
}
