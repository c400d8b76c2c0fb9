"""What every command needs: its options, its session on a store, its input files, its folder, its document."""
