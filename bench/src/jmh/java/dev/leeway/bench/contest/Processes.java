package dev.leeway.bench.contest;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Command lines of this JVM. */
public final class Processes {

    private Processes() {
    }

    /** This JVM's executable. */
    static String executable() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    /** A main class of this class path. */
    public static List<String> java(String main, Object... arguments) {
        var command = new ArrayList<String>(List.of(executable(), "--enable-native-access=ALL-UNNAMED", "-Xmx4g"));
        command.addAll(properties());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main));
        for (var argument : arguments) {
            command.add(argument.toString());
        }
        return command;
    }

    /** What of this JVM's settings decides where native libraries are. */
    public static List<String> properties() {
        var settings = new ArrayList<String>();
        for (var property : List.of("leeway.native.path", "leeway.cache")) {
            if (System.getProperty(property) != null) {
                settings.add("-D" + property + "=" + System.getProperty(property));
            }
        }
        return settings;
    }
}
