BuJ‹Jåq©A •j&/¼Í¯ebù
_V“F