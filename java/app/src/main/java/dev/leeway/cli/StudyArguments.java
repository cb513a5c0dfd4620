package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.io.JsonFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * With what a study was begun, to go on with it. Its paths are absolute, so it goes on from any folder.
 *
 * @param words as a user could have typed them
 */
record StudyArguments(List<String> words) {

    /** The file of them in the folder of a study. */
    static final String FILE = "study_args.json";
    private static final String OUTPUT = "--output_dir";
    private static final String SET = "--set";
    private static final String JUDGES = "--judge_model";
    /** What no shell takes for anything else. */
    private static final Pattern PLAIN = Pattern.compile("[\\w./,:=@%+-]+");

    /** Takes a copy. */
    StudyArguments {
        words = List.copyOf(words);
    }

    /** What was typed for a command. */
    static StudyArguments of(List<String> typed, CommandSpec command) {
        var words = new ArrayList<String>();
        for (int w = 0; w < typed.size(); w++) {
            var word = typed.get(w);
            int equals = word.indexOf('=');
            var option = command.findOption(equals < 0 ? word : word.substring(0, equals));
            if (option == null) {
                words.add(word);
            } else if (equals >= 0) {
                words.add(word.substring(0, equals + 1) + value(option, word.substring(equals + 1)));
            } else {
                words.add(word);
                if (w + 1 < typed.size() && option.arity().max() > 0) {
                    words.add(value(option, typed.get(++w)));
                }
            }
        }
        return new StudyArguments(words);
    }

    private static String value(OptionSpec option, String given) {
        if (option.auxiliaryTypes()[0] == Path.class) {
            return absolute(given);
        }
        if (option.longestName().equals(SET)) {
            return OverrideOptions.absolute(given);
        }
        return option.longestName().equals(JUDGES) ? Arrays.stream(given.split(",", -1)).map(judge -> isFolder(judge) ? absolute(judge)
            : judge).collect(Collectors.joining(",")) : given;
    }

    private static boolean isFolder(String name) {
        return !name.startsWith("scripted:") && Files.isDirectory(Path.of(name));
    }

    private static String absolute(String path) {
        return Path.of(path).toAbsolutePath().normalize().toString();
    }

    /**
     * Those of the study in a folder.
     *
     * @throws LeewayException if there is none
     */
    static StudyArguments read(Path folder) {
        var file = folder.resolve(FILE);
        if (!Files.exists(file)) {
            throw LeewayException.usage("%s has no %s, so no study was run in it; name the --output_dir of one", folder, FILE);
        }
        return new StudyArguments(JsonFile.read(file).requireStrings("arguments"));
    }

    /** As they stand on a shell's command line. */
    String text() {
        return words.stream().map(word -> PLAIN.matcher(word).matches() ? word : "'" + word.replace("'", "'\\''") + "'")
            .collect(Collectors.joining(" "));
    }

    /** Keeps them in the folder of their study. */
    void write(Path folder) {
        var kept = JsonFile.newObject();
        words.forEach(kept.putArray("arguments")::add);
        JsonFile.write(folder.resolve(FILE), kept);
    }

    /** The same in this folder, which may have been moved, or named from elsewhere. */
    StudyArguments in(Path folder) {
        var own = new ArrayList<String>();
        for (int w = 0; w < words.size(); w++) {
            if (words.get(w).equals(OUTPUT)) {
                w++; // its value
            } else if (!words.get(w).startsWith(OUTPUT + "=")) {
                own.add(words.get(w));
            }
        }
        own.addAll(List.of(OUTPUT, folder.toString()));
        return new StudyArguments(own);
    }
}
