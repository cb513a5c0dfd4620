package dev.leeway.study;

import dev.leeway.report.Part;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/** What one study tells beside its contrasts: drift times, a heat map, a regression. It describes, and nothing rests on it. */
public interface Analysis {

    /** Names it in {@code results.json}, under {@code analyses}, and on the page. */
    String name();

    /** Its numbers; the same results give the same bytes. */
    ObjectNode json(StudyResults results);

    /** Its figures; none where the study has nothing of it, which then has no section. */
    List<Part> figures(StudyResults results);
}
