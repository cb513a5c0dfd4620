package dev.leeway.text.template;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;

/** Which of {@code varargs}, {@code kwargs} and {@code caller} the macros being read mention: a macro takes only what it uses. */
final class NamesRead {

    private static final Set<String> SPECIAL = Set.of("varargs", "kwargs", "caller");

    private final Deque<Set<String>> macros = new ArrayDeque<>();

    void enterMacro() {
        macros.push(new HashSet<>());
    }

    Set<String> leaveMacro() {
        return macros.pop();
    }

    void read(String name) {
        if (SPECIAL.contains(name)) {
            macros.forEach(uses -> uses.add(name));
        }
    }
}
