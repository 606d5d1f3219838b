package bus

func helper() bool { return false }
