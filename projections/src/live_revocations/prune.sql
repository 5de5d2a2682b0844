delete from live_revocations where until < $1
