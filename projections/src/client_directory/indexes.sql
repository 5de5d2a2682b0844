create index client_directory_position on client_directory (position);
