"""Each school's MIS data as last published, with stable ids."""
