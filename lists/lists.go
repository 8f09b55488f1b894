// Package lists has what loops over lists are most often written for, and the standard
// library's slices and maps lack.
//
//	names := lists.Map(services, func(s Service) string { return s.Name })
//	known := lists.Set(names)
package lists

import "slices"

// Map is what becomes of each member, in order. It is never nil.
func Map[T, U any](list []T, of func(T) U) []U {
	all := make([]U, len(list))
	for i, member := range list {
		all[i] = of(member)
	}
	return all
}

// Pointers lead to the members, in order, where they are large. It is never nil.
func Pointers[T any](list []T) []*T {
	all := make([]*T, len(list))
	for i := range list {
		all[i] = &list[i]
	}
	return all
}

// Only are the members that are to be kept, in order, as a list of its own; nil for none.
func Only[T any](list []T, keep func(T) bool) (kept []T) {
	for _, member := range list {
		if keep(member) {
			kept = append(kept, member)
		}
	}
	return kept
}

// Set is the members as a set, never nil.
func Set[T comparable](list []T) map[T]bool { return Keys(list, func(member T) T { return member }) }

// Keys is the set of the keys of all members, never nil.
func Keys[T any, K comparable](list []T, key func(T) K) map[K]bool {
	set := make(map[K]bool, len(list))
	for _, member := range list {
		set[key(member)] = true
	}
	return set
}

// Group puts members with one key together: the groups in the order of their first
// members, and each in the order of the list.
func Group[T any, K comparable](list []T, key func(T) K) (groups [][]T) {
	at := map[K]int{}
	for _, member := range list {
		k := key(member)
		i, known := at[k]
		if !known {
			i = len(groups)
			at[k], groups = i, append(groups, nil)
		}
		groups[i] = append(groups[i], member)
	}
	return groups
}

// Flat is what becomes of each member, which may be several, in order; nil for nothing.
func Flat[T, U any](list []T, of func(T) []U) (all []U) {
	for _, member := range list {
		all = append(all, of(member)...)
	}
	return all
}

// Add puts members into a set.
func Add[T comparable](set map[T]bool, members ...T) {
	for _, member := range members {
		set[member] = true
	}
}

// Behind orders what something is true of behind the rest: it is 1 then, else 0.
func Behind(is bool) int {
	if is {
		return 1
	}
	return 0
}

// Union adds to a list the members that it lacks, each once.
func Union[T comparable](list []T, more ...T) []T {
	for _, member := range more {
		if !slices.Contains(list, member) {
			list = append(list, member)
		}
	}
	return list
}

// By has the members by their keys; of several with one key the last. It is never nil.
func By[T any, K comparable](list []T, key func(T) K) map[K]T {
	by := make(map[K]T, len(list))
	for _, member := range list {
		by[key(member)] = member
	}
	return by
}
