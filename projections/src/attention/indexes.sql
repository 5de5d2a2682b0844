create index attention_position on attention (position);
