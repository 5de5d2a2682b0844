create index account_directory_position on account_directory (position);
-- Few have a role besides that of a customer; they are what is asked for by role.
create index account_directory_staff on account_directory (position) where cardinality(roles) > 1;
