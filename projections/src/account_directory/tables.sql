-- One row per account, listed by the position of its registration, the latest first. The body is the list's item.
create table account_directory (
    account_id uuid   not null,
    version    bigint not null,
    position   bigint not null,
    roles      text[] not null,
    body       text   not null,
    constraint account_directory_account primary key (account_id)
);
