// A device that may not be used any more: whatever was kept here goes.
DoorStore.wipe();
