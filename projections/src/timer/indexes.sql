create index timer_due_at on timer (due_at, kind, subject);
