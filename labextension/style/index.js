import './base.css';
import './sections.css';
import './executors.css';
import './driver.css';
