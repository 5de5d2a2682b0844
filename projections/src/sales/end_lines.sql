delete from sales_line l
using unnest($1::uuid[], $2::uuid[]) as ended (order_id, line_id)
where l.order_id = ended.order_id and l.line_id = ended.line_id
