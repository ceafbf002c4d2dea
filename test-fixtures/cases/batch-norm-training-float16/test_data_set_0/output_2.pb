
BrvJ—x½tBx