select min(position), max(position)
from projections.checkpoints
where projection = $1 and generation = 'live'
