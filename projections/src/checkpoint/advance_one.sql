update projections.checkpoints
set position = $4,
    failure  = null
where projection = $1
  and generation = 'live'
  and partition = $2
  and position = $3
  and epoch = $5
