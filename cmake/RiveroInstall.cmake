# find_package(rivero) gives rivero::sdk and rivero_add_module(); see docs/writing-a-module.md.
