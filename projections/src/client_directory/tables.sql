-- One row per client, listed by the position of its registration, the latest first. The body is the list's item and the document.
create table client_directory (
    client_id uuid   not null,
    version   bigint not null,
    position  bigint not null,
    body      text   not null,
    constraint client_directory_client primary key (client_id)
);
