
ByJÿ;K:nAj≈“¿¨<púcCªéØ*A¸D™DH¿£√