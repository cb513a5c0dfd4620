package dev.leeway.cli;

import dev.leeway.study.Contrast;
import dev.leeway.study.Findings;
import dev.leeway.study.StudyResults;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What a study found, for a terminal.
 *
 * @param results of the study
 */
record StudyText(StudyResults results) {

    /** All of it. */
    List<String> lines() {
        return lines(results.findings());
    }

    /** The question, and what its answer rests on. */
    List<String> primary() {
        return lines(primaryFindings());
    }

    private List<Findings.Finding> primaryFindings() {
        return results.findings().stream().filter(finding -> finding.contrast().role() == Contrast.Role.PRIMARY).toList();
    }

    private List<String> lines(List<Findings.Finding> findings) {
        var lines = new ArrayList<String>();
        lines.add(results.plan().study().title().question());
        findings.forEach(finding -> lines.add("  " + line(finding)));
        lines.add("  " + results.answer());
        results.standing().told().forEach(change -> lines.add("  changed: " + change));
        return lines;
    }

    private String line(Findings.Finding finding) {
        var contrast = finding.contrast();
        if (finding.estimate().isEmpty()) {
            return contrast.name() + ": no values";
        }
        var text = String.format(Locale.ROOT, "%s: %+.3f", contrast.name(), finding.estimate().getAsDouble());
        if (finding.interval().isPresent()) {
            text += String.format(Locale.ROOT, " (95 %%: %+.3f to %+.3f)", finding.interval().get().low(), finding.interval().get().high());
        }
        if (finding.adjusted().isPresent()) {
            text += String.format(Locale.ROOT, ", corrected p = %.3g over %s", finding.adjusted().getAsDouble(),
                finding.over().name().toLowerCase(Locale.ROOT).replace('_', ' '));
        }
        return text + (contrast.published().isPresent() ? String.format(Locale.ROOT, "; the paper: %+.3f",
            contrast.published().getAsDouble()) : "") + (results.standing().isSealed(contrast) ? "" : " [exploratory]");
    }
}
