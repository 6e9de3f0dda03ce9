// The page from top to bottom.

head();
section('overall', 'Overall figures', 'Overall', overall);
section('comparison', 'Comparison of two systems', 'Comparison', comparison);
section('categories', 'Categories', 'Categories', categories);
section('curves', 'Precision and recall at other thresholds', 'Curves', curves);
section('calibration', 'Can the scores be taken for probabilities?', 'Calibration', calibration);
section('languages', 'Languages', 'Languages', languages);
section('kinds', 'Kinds of paragraph', 'Kinds', kinds);
section('confusion', 'What is taken for what', 'Confusion', confusion);
section('documents', 'What is missing from documents', 'Documents', documents);
section('leakage', 'Overlap with the training data', 'Leakage', leakage);
section('errors', 'Wrong paragraphs', 'Errors', browser);
